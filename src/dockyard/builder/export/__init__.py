"""What a build leaves: images. (Archives and folders come with sessions.)"""
