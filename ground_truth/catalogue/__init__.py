"""What is known of a data set besides its images: descriptions, downloads, checks, previews."""
